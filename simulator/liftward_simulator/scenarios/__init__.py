"""Stories about a city, as TOML: what is special about them, checked and made into plans."""
