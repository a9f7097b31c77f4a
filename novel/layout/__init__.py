"""From a plan and its pictures to positioned items: lettering, balloons, tails, pages."""
