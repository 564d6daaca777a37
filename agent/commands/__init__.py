"""What each command of ``phusong-agent`` does; every error ends as one line on standard error."""
