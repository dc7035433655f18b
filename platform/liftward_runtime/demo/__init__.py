"""The demo: a synthetic town, trapped people, simulated crews, and what a person should look at."""
