"""One act on many accounts: a job, its members, and the workers that carry it out batch by batch."""
