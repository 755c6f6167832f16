"""Cryptography: pseudonyms, the key ring, and the sealing of what the tables hold."""
