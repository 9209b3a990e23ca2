package frontend

import (
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed package-lock.json
var packageLock []byte

// Package is an npm package whose code is in the apps.
type Package struct {
	Name    string
	Version string
	Licence string // as SPDX writes it
	SHA512  string // of the package as the registry serves it, in hex
}

// Packages returns the npm packages whose code is in the built apps, by name. vite lists them when it
// builds an app; their hashes are those of package-lock.json. A program without apps has none.
func Packages() ([]Package, error) {
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(packageLock, &lock); err != nil {
		return nil, fmt.Errorf("read package-lock.json: %w", err)
	}
	var all []Package
	for _, app := range []string{"stall", "district"} {
		content, err := fs.ReadFile(dist, "dist/"+app+"/.vite/license.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the packages of %s: %w", app, err)
		}
		var bundled []struct{ Name, Version, Identifier string }
		if err := json.Unmarshal(content, &bundled); err != nil {
			return nil, fmt.Errorf("read the packages of %s: %w", app, err)
		}
		for _, b := range bundled {
			locked := lock.Packages["node_modules/"+b.Name]
			sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(locked.Integrity, "sha512-"))
			if err != nil || locked.Version != b.Version {
				return nil, fmt.Errorf("package-lock.json lacks %s %s", b.Name, b.Version)
			}
			all = append(all, Package{
				Name: b.Name, Version: b.Version, Licence: b.Identifier,
				SHA512: hex.EncodeToString(sum),
			})
		}
	}
	slices.SortFunc(all, func(a, b Package) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(all), nil
}
