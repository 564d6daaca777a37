"""ICMP echo as facts about each packet; nothing here knows of checks, sites or readings."""
