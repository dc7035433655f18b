"""What `liftward simulate` offers: playing a scenario, and listing them."""
