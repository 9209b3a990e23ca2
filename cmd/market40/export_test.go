package main

// LibpqURL is how PostgreSQL's own programs are told a database.
func LibpqURL(text string) (address, password string, err error) { return libpqURL(text) }
