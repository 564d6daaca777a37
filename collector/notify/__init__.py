"""Who is told of which incident, when and how; it never decides what is wrong."""
