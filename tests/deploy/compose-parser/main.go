// Reads a compose file as Docker Compose does, with its own parser, all profiles and the variables of the environment, and
// prints the project and the variables that the file asks for as JSON. On a file that Compose refuses: why, and exit code 1.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	answer, err := read(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(file string) (map[string]any, error) {
	ctx := context.Background()
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithOsEnv,
		cli.WithProfiles([]string{"*"}),
		cli.WithResolvedPaths(false),
		cli.WithoutEnvironmentResolution,
	)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	model, err := loader.LoadModelWithContext(ctx, types.ConfigDetails{
		ConfigFiles: []types.ConfigFile{{Filename: file, Content: raw}},
		WorkingDir:  ".",
	}, func(options *loader.Options) {
		options.SkipInterpolation = true
		options.SkipValidation = true
		options.SkipConsistencyCheck = true
		options.ResolvePaths = false
		options.SetProjectName("daybreak", true)
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"project": project, "variables": template.ExtractVariables(model, template.DefaultPattern)}, nil
}
