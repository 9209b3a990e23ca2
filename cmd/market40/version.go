package main

import "runtime/debug"

// version is set by the linker.
var version string

// programVersion is what the linker was told, else the commit that Go recorded, else "dev".
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
