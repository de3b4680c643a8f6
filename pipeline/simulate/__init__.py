"""A synthetic Sun, written in the instruments' own file formats; everything from here is labelled simulated."""
