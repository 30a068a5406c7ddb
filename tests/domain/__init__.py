"""The rule book, rule by rule: tables and properties for every decision of core/domain."""
