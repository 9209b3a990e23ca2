package main

// LibpqURL returns a database's address as PostgreSQL's own programs expect it.
func LibpqURL(text string) (address, password string, err error) { return libpqURL(text) }
