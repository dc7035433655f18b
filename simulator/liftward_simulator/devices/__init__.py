"""What the gateways see of the world, and what they say: sensors, links, messages."""
