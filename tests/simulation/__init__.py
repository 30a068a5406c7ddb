"""A season of a studio, driven through the use cases by a seeded plan, its books proven every night.

`days` has the plan: a table of weighted actions, each one function. What went wrong is replayed with
`ESTUARY_SIMULATION_SEED`.
"""
