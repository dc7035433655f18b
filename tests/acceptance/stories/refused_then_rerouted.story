# Refused, then re-routed: a no costs nobody a minute.
#
# Crews near and far belong to the firm under contract, crew station to the rescue station,
# crew public to public rescue. The firm has three minutes to answer, thirty to arrive.

Given it is 18:40
At 18:41:10 somebody is trapped in TOWER-01
Then crew near is asked, level 1, because first order
And the limit to accept is 18:44:10
And the limit to arrive is 19:11:10

At 18:41:40 crew near refuses: on other rescue
Then crew near has refused
And crew far is asked, level 1, because refused
And the story says order refused, because on other rescue
And the limit to accept is 18:44:40

At 18:42:05 crew far refuses: too far
Then crew station is asked, level 2, because refused
And the level is 2
And the story says escalated, because no eligible crew

At 18:42:30 crew station accepts
And crew station departs
Then it is under way
And three orders went out

At 18:52:00 crew station arrives
Then it is arrived
At 18:57:30 crew station frees two persons
Then it is freed
And crew station is done
At 18:59:00 the passenger confirms the release
Then it is confirmed
At 18:59:30 the lift is made safe
At 19:00:00 the dispatcher closes it as freed
Then it is closed as freed, two persons
And nothing is due any more
And by 20:30:00 three orders went out
And crew public was never asked
And the ledger says incident opened, order sent, order answered, order sent, order answered, order sent, escalated, order answered, departed, arrived, freed, release confirmed, lift made safe, incident closed
