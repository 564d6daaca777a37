"""What time it truly is, as far as that can be known on a machine whose clock may wake up in any year."""
