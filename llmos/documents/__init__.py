"""Text to typed values: frontmatter, agents, skills, commands, kernel rules, robot profiles. Pure; touches no git."""
