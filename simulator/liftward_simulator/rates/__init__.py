"""How often what goes wrong with which lift, on which day and at which hour."""
