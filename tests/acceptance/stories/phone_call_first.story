# The telephone is quicker than the detector: one incident, one crew, whoever noticed first.

Given it is 17:30
At 17:31:00 somebody calls the centre from TOWER-01, two persons
Then there is one incident
And the story says opened, because reported by call
And crew near is asked, level 1, because first order
And the limit to arrive is 18:01:00

# A minute later the detector says the same. It joins; nobody is sent for it.
At 17:32:00 the detector finds people in TOWER-01, probable
Then there is one incident
And the story says detected again, because merged into open
And one order went out
And the limit to arrive is 18:01:00

At 17:32:30 crew near accepts
And crew near departs
# The passenger presses the button: it is surer, and still the same people.
At 17:33:00 the detector finds people in TOWER-01, confirmed
Then there is one incident
And one order went out

At 17:41:00 crew near arrives
And crew near frees two persons
At 17:44:00 the dispatcher closes it as freed
Then it is closed as freed, two persons
And nothing is due any more

# What the detector had seen belongs to that rescue: it opens no second one.
Then by 18:30:00 there is one incident
