"""Sign-ins under way: which screen comes next, and what each screen's form does."""
