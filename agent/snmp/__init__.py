"""SNMP as typed values from hostile devices; nothing here knows of checks, sites or readings."""
