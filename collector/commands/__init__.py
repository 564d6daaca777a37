"""What each command of ``phusong-collector`` does; every error ends as one line on standard error."""
