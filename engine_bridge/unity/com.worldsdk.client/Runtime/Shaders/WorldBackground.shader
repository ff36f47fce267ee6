// The world's picture behind everything: drawn first, leaving no depth.
Shader "WorldSDK/Background"
{
    Properties
    {
        _MainTex ("World", 2D) = "black" {}
    }
    SubShader
    {
        Tags { "Queue" = "Background" "RenderType" = "Opaque" "IgnoreProjector" = "True" }
        Pass
        {
            ZWrite Off
            Cull Off
            CGPROGRAM
            #pragma vertex Vertex
            #pragma fragment Fragment
            #include "UnityCG.cginc"

            sampler2D _MainTex;

            struct Varyings
            {
                float4 position : SV_POSITION;
                float2 uv : TEXCOORD0;
            };

            Varyings Vertex(appdata_img input)
            {
                Varyings output;
                output.position = UnityObjectToClipPos(input.vertex);
                output.uv = input.texcoord;
                return output;
            }

            fixed4 Fragment(Varyings input) : SV_Target
            {
                return fixed4(tex2D(_MainTex, input.uv).rgb, 1);
            }
            ENDCG
        }
    }
}
