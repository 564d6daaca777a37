"""The words and the bytes between agent and collector: nothing here opens a connection or reads a clock."""
