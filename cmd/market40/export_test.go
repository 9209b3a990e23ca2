package main

import "io"

// Run is the whole program, for the tests that become it.
func Run(args []string, stdout, stderr io.Writer) int { return run(args, stdout, stderr) }

// LibpqURL is how PostgreSQL's own programs are told a database.
func LibpqURL(text string) (address, password string, err error) { return libpqURL(text) }
