"""What performs attempts: one small template process that starts, ends and reaps every child."""
