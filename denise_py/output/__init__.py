"""Result files under the names that users of DENISE know."""
