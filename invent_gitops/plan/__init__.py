"""The plan: what apply would do, as a pure function of definitions, state, policies and the time."""
