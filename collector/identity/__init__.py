"""Who may send: invitations, keys, and the chain that betrays a copied one; it never looks at measurements."""
