# A false alarm: the detector takes its word back, but only a person closes.

Given it is 12:20
At 12:21:00 somebody is trapped in TOWER-01
Then crew near is asked, level 1
At 12:21:40 crew near accepts
At 12:22:10 the detector takes its word about TOWER-01 back
Then it shows a withdrawal at 12:22:10
And the story says detection withdrawn, because withdrawn
And it is accepted
And crew near is coming

# A mistaken detector may be mistaken again: nothing is called off by itself.
Then by 12:40:00 it is accepted
And crew near is coming

At 12:41:00 the dispatcher may not close it as freed: illegal transition
And the dispatcher closes it as false: sample: the use unit looked, the car was empty
Then it is closed as false
And crew near is called off
And crew near is told: order withdrawn
And nothing is due any more

# The episode is over, so it is not looked at again: nobody is sent a second time.
Then by 14:00:00 there is one incident
And one order went out
