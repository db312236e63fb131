// ESLint's own recommendations, and what keeps a component readable
import js from "@eslint/js";
import globals from "globals";

export default [
    js.configs.recommended,
    {
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, luxon: "readonly" },
        },
        rules: {
            complexity: ["error", 12],
            curly: "error",
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-else-return": "error",
            "no-shadow": "error",
            "no-unused-vars": ["error", { args: "after-used" }],
            "no-var": "error",
            "prefer-const": "error",
        },
    },
];
