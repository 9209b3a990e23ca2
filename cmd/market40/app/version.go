package app

import "runtime/debug"

// version is set by the linker: the Makefile and the Dockerfile name it.
var version string

// Version returns the version that the linker set, else the commit that Go recorded, else "dev".
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
