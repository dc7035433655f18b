# They got out by themselves: shown, never closed by silence, closed by a person's word.

Given it is 21:05
At 21:06:00 somebody is trapped in TOWER-01
Then crew near is asked, level 1
At 21:07:00 crew near accepts
And crew near departs

At 21:09:20 the doors of TOWER-01 open by themselves
Then it shows a release at 21:09:20
And the story says release seen, because episode ended
And it is under way
And crew near is under way

# Half an hour later nobody has said anything. The platform does not take silence for freedom:
# the limit to arrive has passed, and the next level is sent to have a look.
Then by 21:36:00 crew station is asked, level 2, because not arrived
And it is under way
Then by 23:30:00 it is under way

# It is closed by the word of a person who was asked, and the record says who.
At 23:30:30 the dispatcher may not close it as self-freed without a word: closing incomplete
At 23:31:00 the dispatcher closes it as self-freed by the word of the use unit, one person
Then it is closed as self-freed, one person
And crew near is called off
And the record says confirmed by use unit
And nothing is due any more
And there is one incident
