"""The agent measures and forwards; it never decides what is an incident."""
