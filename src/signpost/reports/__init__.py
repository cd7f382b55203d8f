"""Results for people and for other programs: one page of HTML, a table of numbers. Everything here is a function of `Results`."""
