package database

import "github.com/google/uuid"

// NewID returns a UUIDv7 for a row: ids of one process sort in the order in which they were made.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
