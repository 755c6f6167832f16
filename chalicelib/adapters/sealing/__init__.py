"""Keys and what they protect: pseudonyms, the key ring, and the sealing of details."""
