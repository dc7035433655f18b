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
And crew far is asked, level 1, because crew lost
And it is ordered
And the limit to arrive is 08:32:15

# The people in the car do not wait longer because a van broke down: the thirty minutes still
# count from the detection, and when they have passed the rescue station is sent as well.
At 08:12:10 crew far accepts
And crew far departs
Then by 08:32:15 crew station is asked, level 2, because not arrived
And crew far is under way
And the story says escalated, because not arrived

At 08:34:00 crew station accepts
At 08:36:00 crew far arrives
And crew far frees one person
Then crew station is called off
And crew station is told: order withdrawn
At 08:40:00 the dispatcher closes it as freed
Then it is closed as freed, one person
And three orders went out
And nothing is due any more
