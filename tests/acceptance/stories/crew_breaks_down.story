# A crew breaks down on the way: the rescue falls back, and the next one is asked in the same second.

Given it is 07:55
At 08:02:15 somebody is trapped in TOWER-01
Then crew near is asked, level 1
At 08:03:00 crew near accepts
At 08:04:00 crew near departs
Then it is under way

At 08:11:30 crew near refuses: vehicle problem
Then crew near has refused
And the story says back to open, because crew lost
And crew far has not answered yet
And it is ordered
And the limit to arrive is 08:32:15

# The people in the car do not wait longer because a van broke down: the thirty minutes still
# count from the detection. Crew far needs twenty-six of them in the morning's traffic, and not
# twenty-one are left: the rescue station is asked as well, before the limit has passed.
And the story says predicted late, because likely late
And crew station is asked, level 2, because likely late
And the story says escalated, because likely late
And the dispatchers are told: likely late

At 08:12:10 crew far accepts
And crew far departs
And crew station accepts
And crew station departs
At 08:22:30 crew station arrives
Then by 08:32:15 crew far is under way
And three orders went out

At 08:34:00 crew station frees one person
Then crew station is done
And crew far is called off
And crew far is told: order withdrawn
At 08:40:00 the dispatcher closes it as freed
Then it is closed as freed, one person
And three orders went out
And nothing is due any more
