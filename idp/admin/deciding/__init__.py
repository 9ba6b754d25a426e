"""Pages where a second person decides, and how what was approved is carried out."""
