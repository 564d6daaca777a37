"""The page at the site, for staff without IT training: what this computer sees of the way out; it is off unless set."""
