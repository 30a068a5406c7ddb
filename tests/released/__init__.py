"""A marketplace as each released schema kept it, which is what a deployment has when it upgrades."""
