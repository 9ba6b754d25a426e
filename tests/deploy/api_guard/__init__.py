"""The guard of an agency's API, held to the specifications by tokens and proofs that tests make themselves."""
