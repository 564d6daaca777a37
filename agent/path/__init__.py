"""The way packets take to a target: traced in a child process, compared here; nothing here judges a path."""
