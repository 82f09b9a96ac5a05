package backup_test

import "flag"

// What a long run makes longer.
var (
	records = flag.Uint64("records", 6000, "how many documents are saved and restored within the same memory")
	damaged = flag.Int("damaged", 25, "how many places of a backup are damaged, of each kind of damage")
)
