"""Which sites there are and to what they belong; it never looks at measurements."""
