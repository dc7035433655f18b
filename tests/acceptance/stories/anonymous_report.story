# Anybody may report on the page behind a lift's code: it is shown at once and said louder every
# minute, and nobody drives until somebody agrees. The rescue then goes like any other.

Given it is 14:00
At 14:02:00 somebody reports TOWER-01 on the public page, one person
Then there is one incident
And the story says opened, because reported by public page
And it is open
And by 14:03:00 the story says reminded, because report not looked into
And the dispatchers are told: life overdue
And by 14:05:00 the story says reminded 3 times
And it is open
And crew near was never asked

At 14:05:30 the dispatcher believes the report
Then the story says hold released, because dispatcher believes
And crew near is asked, level 1, because first order
And it is ordered
At 14:06:00 crew near accepts
And crew near departs
At 14:14:00 crew near arrives
At 14:17:00 crew near frees one person
And the passenger confirms the release
Then it is confirmed
At 14:18:00 the lift is made safe
And the dispatcher closes it as freed
Then it is closed as freed, one person
And nothing is due any more
And there is one incident
