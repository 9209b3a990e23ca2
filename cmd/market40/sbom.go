package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
)

// materials is a bill of materials: CycloneDX 1.5, https://cyclonedx.org/docs/1.5/json/, as far as
// we fill it.
type materials struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component  component  `json:"component"`
	Properties []property `json:"properties"`
}

type component struct {
	Ref     string     `json:"bom-ref"`
	Type    string     `json:"type"`
	Name    string     `json:"name"`
	Version string     `json:"version"`
	PURL    string     `json:"purl"`
	Hashes  []checksum `json:"hashes,omitempty"`
}

type checksum struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func sbomCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sbom", Short: "Print every module that this program is made of, with its hash (CycloneDX JSON)",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("this program was built without a record of its modules")
			}
			m, err := listMaterials(info)
			if err != nil {
				return err
			}
			to := json.NewEncoder(cmd.OutOrStdout())
			to.SetIndent("", "  ")
			return to.Encode(m)
		},
	}
}

// listMaterials reads the record that Go's linker writes into a program: what is in it, not what
// go.mod would allow. The hash of a module is that of go.sum (dirhash h1), so that both can be
// compared. Two lists of one program are equal to the byte: the serial number is made from what
// is in them.
func listMaterials(info *debug.BuildInfo) (*materials, error) {
	m := &materials{
		Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata: metadata{Component: component{
			Ref: "market40", Type: "application", Name: "market40", Version: app.Version(), PURL: "pkg:golang/" +
				info.Main.Path + "@" + app.Version(),
		}},
		Components: []component{goComponent("stdlib", strings.TrimPrefix(info.GoVersion, "go"), nil)},
	}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "-") || strings.HasPrefix(s.Key, "CGO_") || strings.HasPrefix(s.Key, "GO") {
			m.Metadata.Properties = append(m.Metadata.Properties, property{"cdx:gomod:build:env:" + s.Key, s.Value})
		}
	}
	for _, module := range info.Deps {
		for module.Replace != nil {
			module = module.Replace
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(module.Sum, "h1:"))
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("%s %s has no hash in go.sum", module.Path, module.Version)
		}
		m.Components = append(m.Components, goComponent(module.Path, module.Version, sum))
	}
	all := dependency{Ref: "market40"}
	for _, c := range m.Components {
		all.On = append(all.On, c.Ref)
	}
	m.Dependencies = []dependency{all}
	content, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	m.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, content).String()
	return m, nil
}

func goComponent(path, version string, sum []byte) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	c := component{Ref: purl, Type: "library", Name: path, Version: version, PURL: purl}
	if sum != nil {
		c.Hashes = []checksum{{"SHA-256", hex.EncodeToString(sum)}}
	}
	return c
}
