"""The store on MongoDB 6.0 or newer: a replica set or a sharded cluster, for it needs transactions."""
