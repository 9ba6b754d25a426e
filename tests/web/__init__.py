"""The page kit, through a small application of its own: sample pages behind the real front door."""
