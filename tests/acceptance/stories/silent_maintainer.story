# The maintainer is silent, and so is everybody else: level 1, 2, 3, then round and round.
#
# Nobody has to notice the silence: each limit is a row in the database, and the next level is
# asked in the second it has passed. When all three were asked in vain, everybody is asked again,
# every minute, until somebody says yes.

Given it is 02:10
At 02:13:00 somebody is trapped in TOWER-01
Then crew near is asked, level 1

Then by 02:15:59 crew near has not answered yet
And by 02:16:00 crew near is silent
And crew station is asked, level 2, because no answer
And the story says escalated, because no answer
And crew near is told: order expired

Then by 02:19:00 crew station is silent
And crew public is asked, level 3, because no answer
And the level is 3

Then by 02:22:00 crew public is silent
And the story says unanswered, because no crew left to ask
And the dispatchers are told: unanswered
And crew far is asked, because unanswered round

Then by 02:23:00 at least five orders went out
And by 02:30:00 at least eight orders went out
And by 02:40:00 at least twelve orders went out
And the story says unanswered one time
And it is ordered

At 02:40:30 crew station accepts
Then it is accepted
And crew station is coming
And crew near is called off
At 02:41:00 crew station departs
At 02:42:50 crew station arrives
And crew station frees one person
At 02:55:00 the dispatcher closes it as freed
Then it is closed as freed, one person
And nothing is due any more
