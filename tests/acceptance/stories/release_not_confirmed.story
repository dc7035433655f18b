# A release that nobody confirms: the centre is reminded, and the rescue stays open until a person
# says that everybody is out.

Given it is 09:10
At 09:12:00 somebody is trapped in TOWER-01
Then crew near is asked, level 1
At 09:12:30 crew near accepts
And crew near departs
At 09:21:00 crew near arrives
At 09:25:00 crew near frees three persons
Then it is freed
And the limit to confirm release is 09:35:00

Then by 09:35:00 the story says reminded, because release not confirmed
And the dispatchers are told: release overdue
And it is freed
Then by 12:30:00 it is freed

At 12:31:00 the use unit confirms the release
Then it is confirmed
And the record says confirmed by use unit
At 12:32:00 the lift is made safe
And the dispatcher closes it as freed
Then it is closed as freed, three persons
And nothing is due any more
